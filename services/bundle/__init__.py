"""All tasks behind one endpoint."""
