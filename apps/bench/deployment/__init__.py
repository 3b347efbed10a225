"""The proof and the latency of exported graphs, as docs/deployment.md has them."""
