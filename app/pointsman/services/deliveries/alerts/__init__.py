"""What is owed and does not arrive: a human hears of it while there is time, and no longer than it is so."""
