"""The user's file and variables, as they are read for names: statements, loops, origins."""
