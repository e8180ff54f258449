"""Small helpers that the tests share."""
