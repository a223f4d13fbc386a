"""Who among a pool gets a lead: eligibility, the credit ledger, and the methods that choose."""
