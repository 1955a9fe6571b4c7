"""Jobs for units of equipment: which goes where, and what anybody may read of jobs."""
