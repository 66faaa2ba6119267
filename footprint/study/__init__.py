"""A study: what is asked, by whom it is supplied, what is set by hand, the model it carries."""
