"""The automatic analysis of the book: which accesses of many deserve a question.

What stands here, apart from the tables and the tasks, is pure: it takes accesses and facts and gives alerts, so it runs
the same over the book, over a rule's cases and over a company that was made up.
"""
