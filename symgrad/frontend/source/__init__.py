"""What the user's file says: names, statements, and where a value was made."""
