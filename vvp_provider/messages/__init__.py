"""What this provider sends to the platform and reads of its answers, as typed dictionaries.

Names, types and words are the platform's own. Of an answer only what is read is here: what else a platform answers, as
a newer one may, is left alone, and goes back to it with a change. What is required of an answer is what this provider
cannot do without. Follows https://docs.ververica.com/vvp/user-guide/application-operations/rest-api-ci-cd.
"""
