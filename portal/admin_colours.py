"""The shades of the staff admin's one accent colour, from the dashboard's design tokens."""

COLOURS = {
    "primary": {
        "50": "#eefafb",
        "100": "#d5f1f4",
        "200": "#b0e3e9",
        "300": "#7acdd8",
        "400": "#3fadbf",
        "500": "#2b9fb2",
        "600": "#007085",
        "700": "#00616f",
        "800": "#0c4f5b",
        "900": "#10434d",
        "950": "#042c34",
    }
}
