// Runs the worker under PM2, which then takes the place of dist/main.js.
module.exports = {
  apps: [
    {
      name: "echo",
      script: "dist/worker.js",
      cwd: __dirname,
      exec_mode: "cluster",
      instances: process.env.WORKERS ?? "max",
      // A worker says that it listens. Until then, a reload leaves the old one as it is.
      wait_ready: true,
      listen_timeout: 10_000,
      // More than the worker takes to close its connections.
      kill_timeout: 8_000,
    },
  ],
};
