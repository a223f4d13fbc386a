"""What is known of a lead: facts, evidence, and how two records are recognised as one."""
