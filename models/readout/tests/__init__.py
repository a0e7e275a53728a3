DATA = ()
