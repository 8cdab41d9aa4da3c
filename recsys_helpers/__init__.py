"""The tested functions that the course's notebooks import.

Importing this package is quick: its modules are imported by name
(``from recsys_helpers import metrics``), and heavy libraries load when a function
first needs them.
"""

__version__ = "1.0.0"
