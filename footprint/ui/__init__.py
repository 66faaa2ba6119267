"""The pages: thin skins over the services of the command line. Only this package uses Streamlit."""
