"""What intake decides, without I/O: what is masked, who may ask, who may see."""
