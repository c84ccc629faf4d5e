// Makes a folder with Chromium, its libraries and fonts, and axe, of what the lock names:
// node make.mjs NPM FOLDER SCRATCH
import { execFileSync } from "node:child_process";
import { copyFileSync, createReadStream, createWriteStream, renameSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { pipeline } from "node:stream/promises";
import { fileURLToPath } from "node:url";
import { createBrotliDecompress } from "node:zlib";

const [npm, folder, scratch] = process.argv.slice(2);
const here = dirname(fileURLToPath(import.meta.url));
for (const name of ["package.json", "package-lock.json"])
  copyFileSync(join(here, name), join(scratch, name));
// No script of a package is run, and npm keeps no second copy.
const words = ["ci", "--ignore-scripts", "--omit=optional", "--no-audit", "--no-fund"];
execFileSync(process.execPath, [npm, ...words, "--cache", join(scratch, "cache")], {
  cwd: scratch,
  stdio: ["ignore", "ignore", "inherit"],
});

const modules = join(scratch, "node_modules");
const tar = createRequire(join(modules, "tar-fs", "package.json"))("tar-fs");
const unpacked = (name, target) =>
  pipeline(
    createReadStream(join(modules, "@sparticuz", "chromium", "bin", `${name}.br`)),
    createBrotliDecompress(),
    target,
  );
await unpacked("al2023.tar", tar.extract(folder));
await unpacked("fonts.tar", tar.extract(folder));
await unpacked("swiftshader.tar", tar.extract(folder));
await unpacked("chromium", createWriteStream(join(folder, "chromium"), { mode: 0o755 }));
rmSync(join(folder, "fonts.conf"));
for (const [from, to] of [
  [["dejavu-fonts-ttf", "ttf", "DejaVuSansMono.ttf"], ["fonts", "DejaVuSansMono.ttf"]],
  [["axe-core", "axe.min.js"], ["axe.min.js"]],
])
  renameSync(join(modules, ...from), join(folder, ...to));
