"""What a rule has the CRM do for each lead that it gives to a rep."""
