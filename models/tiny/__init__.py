"""Small weights trained here, for trying and testing the services without ModelScope's."""
