"""Many recordings analysed, by processes of this computer or by a cluster: resumable, one bad file stops no other."""
