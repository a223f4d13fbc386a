"""Distribution within a pool: eligibility, the credit ledger, and the methods that choose."""
