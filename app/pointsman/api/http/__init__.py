"""What every endpoint shares: authentication, limits, problems, paging, formats."""
