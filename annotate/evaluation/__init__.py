"""What results are held against, by code that shares nothing with what makes them."""
