"""Users of CRMs and the reps who they are: proposed by address, confirmed by an admin, and followed from then on."""
