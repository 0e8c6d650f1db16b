"""What the container image and the compose file promise, as far as it shows without building them."""
