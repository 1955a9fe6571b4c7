"""What requests and answers look like, field by field; the OpenAPI document is made of these."""
