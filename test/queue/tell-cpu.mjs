// Tells at its end what a process has used of the processor, milliseconds.
process.on('exit', () => {
  const { user, system } = process.cpuUsage()
  process.stderr.write(`\ncpu ${Math.round((user + system) / 1000)}\n`)
})
