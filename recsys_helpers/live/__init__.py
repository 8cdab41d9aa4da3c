"""What the live page needs: five methods, and their numbers in a compact form.

`recsys_helpers.live.export` writes it all to a folder.
"""
