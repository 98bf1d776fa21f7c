"""A client of the exchange made from proto/ and docs/FORMATS.md: grpcio, the second reader, and typage."""
