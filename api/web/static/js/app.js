/** What every page runs: acts, live parts, clocks, menus, looks. Others come with their page. */
import "./act.js";
import "./live.js";
import "./clock.js";
import "./looks.js";
