"""Words of a text and the names among them, before anything is concluded from them."""
