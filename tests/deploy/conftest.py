"""What pytest must not import here."""

collect_ignore = ["airflow_check.py"]  # run by Airflow's own Python, see test_airflow.py
