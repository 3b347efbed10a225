"""What raw denoisers reach: scenes nobody trained on, captures, methods, records, the account."""
