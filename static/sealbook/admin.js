// The theme's htmx would add an inline style sheet, which the content security policy refuses, and could evaluate attributes.
htmx.config.includeIndicatorStyles = false;
htmx.config.allowEval = false;
htmx.config.historyCacheSize = 0;
