"""Style sheets of the strips and tables, each carried along by what it styles.

Selectors repeat their class to win against the rules of JupyterLab and of the
site's theme for lists, paragraphs and pictures. Text outside of the cards takes its
colour from the page, so it can be read on a light page and on a dark one.
"""

# Notebooks take what is between two dollar signs for a formula, also in a title.
NO_FORMULAS = "tex2jax_ignore mathjax_ignore"

# In the dark the site's theme puts HTML of others on a light ground. Ours needs none.
_ON_A_DARK_SITE = """
html[data-theme="dark"] .bd-content div.cell_output
 .text_html:has(.rh-strip.rh-strip,.rh-table.rh-table)
{background:transparent;color:inherit;padding:0}
"""

STRIP_STYLE = (
    """
.rh-strip{margin:.5rem 0;font-family:system-ui,-apple-system,"Segoe UI",Roboto,
"Helvetica Neue",Arial,sans-serif;line-height:1.25}
.rh-strip.rh-strip p{margin:0;padding:0;font-size:inherit;line-height:inherit}
.rh-strip.rh-strip .rh-caption{margin:0 0 .5rem;font-weight:600;font-size:1rem}
.rh-strip .rh-scroll{overflow-x:auto;padding:4px;scroll-snap-type:x proximity;
scroll-padding:4px;scrollbar-width:thin;
scrollbar-color:rgba(128,128,128,.8) transparent}
.rh-strip .rh-scroll:focus-visible{outline:2px solid currentColor;outline-offset:-2px}
.rh-strip.rh-strip ul{display:flex;gap:12px;width:max-content;margin:0;padding:0 0 6px;
list-style:none}
.rh-strip.rh-strip li{flex:none;width:140px;margin:0;padding:0;scroll-snap-align:start}
.rh-strip .rh-poster{position:relative;width:140px;height:210px;overflow:hidden;
border-radius:8px;background:var(--rh-ground);box-shadow:0 1px 4px rgba(0,0,0,.4)}
.rh-strip .rh-card{position:absolute;inset:0;color:#fff}
.rh-strip .rh-card svg{position:absolute;top:6px;left:0;width:140px;height:128px}
.rh-strip .rh-card svg.rh-middle{height:112px}
.rh-strip .rh-card svg.rh-long{height:86px}
.rh-strip .rh-text{position:absolute;left:0;right:0;bottom:0;padding:8px 10px 9px;
background:var(--rh-ground)}
.rh-strip.rh-strip .rh-title{font-weight:700;overflow:hidden;overflow-wrap:anywhere;
display:-webkit-box;-webkit-box-orient:vertical;-webkit-line-clamp:6}
.rh-strip.rh-strip p.rh-short{font-size:17px;line-height:1.15}
.rh-strip.rh-strip p.rh-middle{font-size:14px;line-height:1.2}
.rh-strip.rh-strip p.rh-long{font-size:12px;line-height:1.2}
.rh-strip.rh-strip .rh-year{margin-top:3px;font-size:12px}
.rh-strip.rh-strip .rh-genres{font-size:11px;overflow:hidden;display:-webkit-box;
-webkit-box-orient:vertical;-webkit-line-clamp:2}
.rh-strip.rh-strip .rh-poster.rh-poster img{position:absolute;inset:-1px;display:block;
width:142px;height:212px;max-width:none;margin:0;padding:0;border:0;border-radius:0;object-fit:cover;
background:none;color:transparent;font-size:0}
"""
    # Where the image fails the card below is to be seen. Chrome draws a frame, which is
    # the pixel that the image is wider on all sides, and a sign in the corner, which
    # this hides.
    """
.rh-strip img::before{content:"";position:absolute;top:0;left:0;width:24px;height:24px;
background:var(--rh-ground)}
.rh-strip.rh-strip .rh-score{margin-top:5px;text-align:center;font-size:14px;
font-variant-numeric:tabular-nums}
""" + _ON_A_DARK_SITE
).replace("\n", "")

# The page's own ground: of the site, of JupyterLab, or of the browser.
_GROUND = "var(--pst-color-background,var(--jp-layout-color0,Canvas))"
# A table that is too wide scrolls, and says so: the caption and what is first in each
# row stay, and there is a shadow at the right as long as there is more. (A strip in the
# colour of the page, which scrolls along, covers the shadow at the end.)
TABLE_STYLE = (
    f"""
.rh-table{{background:linear-gradient(to left,{_GROUND} 40%,transparent) right/3rem 100%
 no-repeat local,linear-gradient(to left,rgba(128,128,128,.6),transparent) right/.9rem
 100% no-repeat scroll}}
.rh-table.rh-table tr>:first-child{{position:sticky;left:0;z-index:1;
background:{_GROUND}}}
.rh-table caption span{{display:block;position:sticky;left:0;
max-width:min(100%,calc(100vw - 2rem))}}
@media(max-width:600px){{.rh-table.rh-table tr>:first-child{{max-width:9rem;
overflow-wrap:break-word}}}}
"""
    """
.rh-table{overflow-x:auto;margin:.5rem 0;scrollbar-width:thin}
.rh-table:focus-visible{outline:2px solid currentColor;outline-offset:-2px}
.rh-table.rh-table table{width:auto;margin:0;border-collapse:collapse;border:0;
font-size:.9rem;color:inherit;background:none;table-layout:auto}
.rh-table.rh-table caption{caption-side:top;padding:0 0 .4rem;text-align:left;
font-weight:600;color:inherit}
.rh-table caption small{font-weight:400;font-size:.85em}
.rh-table.rh-table th,.rh-table.rh-table td{padding:.3rem .7rem;border:0;
line-height:1.4;border-bottom:1px solid rgba(128,128,128,.35);text-align:left;
vertical-align:top;white-space:normal;max-width:24rem;background:none;color:inherit}
.rh-table.rh-table th{border-bottom:2px solid rgba(128,128,128,.7);font-weight:600}
.rh-table.rh-table .rh-number{text-align:right;font-variant-numeric:tabular-nums;
white-space:nowrap}
.rh-table.rh-table th.rh-number{white-space:normal}
.rh-table .rh-best{font-weight:700}
.rh-table .rh-level{font-style:italic}
""" + _ON_A_DARK_SITE
).replace("\n", "")
