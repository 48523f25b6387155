"""Creates an evaluation dataset of the name it is given."""

import sys

from mlflow import MlflowClient

if __name__ == "__main__":
    MlflowClient().create_dataset(sys.argv[1])
