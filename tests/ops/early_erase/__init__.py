"""Ways to have something erased before its time, by where they begin; `scene` is the living office they try it on."""
