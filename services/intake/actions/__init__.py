"""Actions on a case, as reporters, officers and institutions ask for them."""
