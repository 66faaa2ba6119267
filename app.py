from footprint.ui.app.entry import run

run()
