// The child of the demo: answers what it is told, and what it sees of its surroundings.
process.parentPort.on('message', ({ data }) => {
  process.parentPort.postMessage({
    heard: data.word,
    argument: process.argv[2],
    type: process.type,
    canSend: process.send !== undefined,
  });
});
