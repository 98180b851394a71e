// A test that names `frameBytes`, and says pageEventsAtOnce without meaning the limit pageEvents of the table.
export const tested = 'frameBytes';
