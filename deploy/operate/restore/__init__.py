"""Cases and facts made anew from `complaint-event`: decides nothing and notifies nobody."""
