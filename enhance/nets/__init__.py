"""Networks: layers and what they are made of, tensors in and tensors out."""
