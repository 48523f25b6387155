"""What ExperimentManager and ModelRegistry are made of.

place.py        where they work: a tracking server, or a folder that stands in for it
mock_folder.py  that folder, and MLflow's own addresses while it is used
failures.py     what they raise
entries.py      what they return, and how it is written down in tags
arguments.py    what is asked of arguments (pure)
filters.py      MLflow's search filters, and all pages of what they find
versions.py     registered versions: made, found by a tag, the one in use
kept_model.py   a model object put where MLflow can load it from
tokenized.py    the half of ModelRegistry that is about tokens
lineage.py      from a model back to the baseline it began with (pure)
registry_api.py a registration that is asked of another service over HTTP
call_forms.py   which calls of ExperimentManager are understood, and why others are not (pure)
comparison.py   what predictions are worth (pure)
runs.py         runs of an experiment that are complete when they are made
"""
