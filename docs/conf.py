"""The configuration of the book, which ``make docs`` builds.

The tutorials and the worked derivations are Python scripts. sphinx-gallery runs them while the book
is built, so this version of tinygraph computes every number, table and picture in them. Neither the
build nor the pages download anything.
"""

import sys
from pathlib import Path

DOCS = Path(__file__).parent
sys.path[:0] = [str(DOCS.parent), str(DOCS / "_ext")]

import tinygraph

project = "tinygraph"
author = "The tinygraph developers"
copyright = "The tinygraph developers, MIT licence"
version = release = tinygraph.__version__
language = "en"

extensions = [
    "sphinx.ext.autodoc",
    "sphinx.ext.napoleon",
    "sphinx.ext.viewcode",
    "sphinx_copybutton",
    "sphinx_design",
    "sphinx_gallery.gen_gallery",
    "sphinxcontrib.katex",
    "docstrings",
    "frames",
    "live",
    "notebooks",
    "pictures",
    "stale",
]
exclude_patterns = [
    "_build",
    "worked",
    "**/sg_execution_times.rst",
    "sg_execution_times.rst",
]
nitpicky = True

# -- Appearance of the pages ---------------------------------------------------------------------

html_theme = "furo"
html_title = "tinygraph"
html_static_path = ["_static"]
html_css_files = ["book.css"]
html_js_files = ["book.js"]
html_show_sphinx = False
html_copy_source = False
html_scaled_image_link = False
html_show_search_summary = False  # it would fetch every page that is found
pygments_style = "a11y-high-contrast-light"
pygments_dark_style = "a11y-high-contrast-dark"
html_theme_options = {
    "light_css_variables": {
        "color-brand-primary": "#005a8d",
        "color-brand-content": "#005a8d",
        "page-scheme": "light",
        "diagram-paper": "#fff",
        "diagram-ink": "#4b5563",
    },
    "dark_css_variables": {
        "color-brand-primary": "#7cc4f0",
        "color-brand-content": "#7cc4f0",
        "page-scheme": "dark",
        "diagram-paper": "#14181f",
        "diagram-ink": "#d1d5db",
    },
}

# The extension contains KaTeX's script; _static/katex has the style and fonts of the same version.
katex_css_path = "katex/katex.min.css"
# A formula may only link within its own page (a symbol to its card in a diagram).
katex_options = (
    "throwOnError: true, strict: 'error', "
    r"trust: (it) => it.command === '\\href' && it.url.startsWith('#')"
)

copybutton_prompt_text = r">>> |\.\.\. |\$ "
copybutton_prompt_is_regexp = True

# -- Reference from the docstrings ---------------------------------------------------------------

autodoc_member_order = "bysource"
autodoc_typehints = "none"  # the docstrings give the types, with shapes
autodoc_default_options = {"members": True}
napoleon_google_docstring = False
napoleon_use_param = False
napoleon_use_rtype = False
napoleon_use_ivar = True

# -- Scripts that become pages -------------------------------------------------------------------

sphinx_gallery_conf = {
    "examples_dirs": ["../tutorials", "worked"],
    "gallery_dirs": ["tutorials", "derivations"],
    "filename_pattern": r"\.py",
    "copyfile_regex": r"index\.rst",
    "within_subsection_order": "FileNameSortKey",
    "download_all_examples": False,
    "show_signature": False,
    "min_reported_time": 3600,
    "remove_config_comments": True,
    "abort_on_example_error": True,
    "matplotlib_animations": False,
    "image_scrapers": ("plots.scrape",),
    "reset_modules": ("matplotlib", "plots.use_palette"),
    "nested_sections": False,
}
