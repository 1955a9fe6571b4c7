// what viewer and editor share
