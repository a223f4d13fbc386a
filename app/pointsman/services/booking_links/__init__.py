"""The buyer's links and what the buyer may do with them."""
