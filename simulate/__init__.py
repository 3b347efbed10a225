"""A camera in numbers: scene light in, digital numbers out."""
