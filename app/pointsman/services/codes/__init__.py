"""Countries and languages by their names, as senders and policies write them."""
