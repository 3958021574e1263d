<?php
// What Moodle’s own packers make of archives: their paths on stdin, one a line; one JSON line each on stdout.
//   php moodle_packers.php /path/to/moodle
error_reporting(0);
define('MOODLE_INTERNAL', true);
$moodle = $argv[1];
$CFG = new stdClass();
$CFG->dirroot = $moodle; $CFG->libdir = "$moodle/lib"; $CFG->tempdir = sys_get_temp_dir() . '/moodle-' . getmypid();
$CFG->directorypermissions = 0777; $CFG->ostype = 'UNIX'; $CFG->debugdeveloper = false;
@mkdir($CFG->tempdir);
class moodle_exception extends Exception {
    public function __construct($code, $module = '', $link = '', $a = null, $debuginfo = null) { parent::__construct("$code: $debuginfo"); }
}
class coding_exception extends moodle_exception {}
class stored_file { const FILE_HANDLE_GZOPEN = 1; }
class core_text { public static function convert($text, $from, $to = 'utf-8') { return iconv($from, "$to//TRANSLIT", $text); } }
function debugging($m = '', $l = 0) { return false; }
function get_string($id, $c = '') { return $id === 'oldcharset' ? 'ISO-8859-1' : ''; }
function check_dir_exists($dir) { return is_dir($dir) || mkdir($dir, 0777, true); }
interface file_progress { public function progress($progress = -1, $max = -1); }
// Of moodlelib.php and param.php only what cleans a path.
$source = file_get_contents("$moodle/lib/moodlelib.php");
preg_match('/^function fix_utf8\(.*?^}/ms', $source, $found); eval($found[0]);
$source = file_get_contents("$moodle/lib/classes/param.php");
preg_match('/function clean_param_value_file\(.*?^    }/ms', $source, $file);
preg_match('/function clean_param_value_path\(.*?^    }/ms', $source, $path);
eval('class cleaning { public ' . $file[0] . ' public ' . $path[0] . ' }');
define('PARAM_PATH', 'path'); define('PARAM_FILE', 'file');
function clean_param($value, $type) { static $c; $c ??= new cleaning(); return $type === 'path' ? $c->clean_param_value_path($value) : $c->clean_param_value_file($value); }
require("$CFG->libdir/filestorage/file_packer.php");
require("$CFG->libdir/filestorage/file_archive.php");
require("$CFG->libdir/filestorage/zip_archive.php");
require("$CFG->libdir/filestorage/zip_packer.php");
require("$CFG->libdir/filestorage/tgz_extractor.php");
require("$CFG->libdir/filestorage/tgz_packer.php");

function remove($dir) { foreach (scandir($dir) as $n) { if ($n === '.' || $n === '..') continue; $p = "$dir/$n"; (is_dir($p) && !is_link($p)) ? remove($p) : unlink($p); } rmdir($dir); }
function files($dir, $base = '') { $out = []; foreach (scandir($dir) as $n) { if ($n === '.' || $n === '..') continue; $p = "$dir/$n"; if (is_dir($p)) { $out += files($p, "$base$n/"); } else { $out["$base$n"] = sha1_file($p); } } return $out; }
while (($line = fgets(STDIN)) !== false) {
    $archive = rtrim($line, "\n");
    $to = "$CFG->tempdir/out"; @mkdir($to);
    $error = null;
    try {
        $packer = tgz_packer::is_tgz_file($archive) ? new tgz_packer() : new zip_packer();
        $result = $packer->extract_to_pathname($archive, $to);
        if (!is_array($result)) { $error = 'refused'; }
        else foreach ($result as $name => $status) { if ($status !== true) { $error = "$name: $status"; } }
    } catch (Throwable $e) { $error = $e->getMessage(); }
    $found = [];
    foreach (files($to) as $name => $hash) { $found[] = [bin2hex($name), $hash]; }
    echo json_encode(['error' => $error, 'files' => $found], JSON_INVALID_UTF8_SUBSTITUTE), "\n";
    remove($to);
}
rmdir($CFG->tempdir . '/core_files'); rmdir($CFG->tempdir);
