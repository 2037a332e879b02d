"""Units, people and rights: who is there, who may do what, who proved to be whom."""
