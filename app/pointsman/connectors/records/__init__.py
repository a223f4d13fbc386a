"""Records of CRMs, over the abilities of their connectors."""
