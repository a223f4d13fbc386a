"""Countries, languages and the domains of companies, as senders and policies write them."""
