//! The commands of the README's Deploy, as they stand there, from a home that holds nothing.

use std::collections::BTreeMap;
use std::fs::{self, Permissions};
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};

use http::Method;
use local::cloud::REGION;
use local::stage::Stage;
use local::{http::Client, place};
use tokio::process::Command;

use crate::world::World;

/// The commands after the one that says where to, up to what is not for a first deployment.
fn commands() -> String {
    let readme = fs::read_to_string(place::root().join("README.md")).unwrap();
    let deploy = readme.split("\n## Deploy\n").nth(1).unwrap();
    let mut blocks = deploy.split("\n```\n").skip(1).step_by(2);
    assert!(blocks.next().unwrap().contains("STACK=ariane BUCKET="));
    blocks.next().unwrap().to_owned()
}

/// Stand-ins for the work that a test does not do, downloads and a release build: a program on the path, before all others.
fn stand_in(folder: &Path, name: &str, script: &str) {
    let file = folder.join(name);
    fs::write(&file, format!("#!/bin/sh\n{script}\n")).unwrap();
    fs::set_permissions(&file, Permissions::from_mode(0o755)).unwrap();
}

/// A folder with the workspace in it, in which files of the operator can be put.
fn workplace(stage: &Stage) -> PathBuf {
    let folder = place::scratch().join(aws::new_id("readme-"));
    fs::create_dir_all(folder.join("home")).unwrap();
    for it in ["infra", "target"] {
        symlink(place::root().join(it), folder.join(it)).unwrap();
    }
    fs::write(folder.join("whatsapp.json"), r#"[{"id":"7008","token":"one"}]"#).unwrap();
    fs::write(folder.join("telegram.json"), r#"[{"id":"1","token":"1:two"}]"#).unwrap();
    let bin = folder.join("bin");
    fs::create_dir_all(&bin).unwrap();
    let local = env!("CARGO_BIN_EXE_local");
    stand_in(&bin, "cargo", &format!("[ $1 = build-functions ] || exec {local} \"$@\""));
    stand_in(&bin, "pip", "[ \"$*\" = 'install awscli cargo-lambda' ]");
    // Version 1 calls some services at AWS whatever the environment names.
    let aws = stage.tools.path("aws");
    let (aws, endpoint) = (aws.display(), stage.stack.aws.endpoint());
    stand_in(&bin, "aws", &format!("exec {aws} --endpoint-url {endpoint} \"$@\""));
    folder
}

pub(crate) async fn the_readmes_commands_deploy_from_an_empty_home(world: &World) {
    let stage = world.stage().await;
    let (folder, stack, bucket) = (workplace(stage), "readme", "readme-artifacts");
    stage.stack.aws.run(&["s3", "mb", &format!("s3://{bucket}")]).await.unwrap();
    let path = format!("{}:/usr/bin:/bin", folder.join("bin").display());
    let mut bash = Command::new("bash");
    bash.args(["-euo", "pipefail", "-c", &commands()]).current_dir(&folder).env_clear();
    bash.envs(stage.stack.aws.environment()).env("PATH", path).env("HOME", folder.join("home"));
    bash.envs([("STACK", stack), ("BUCKET", bucket)]).kill_on_drop(true);
    let output = bash.output().await.unwrap();
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    let failed = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{said}\n{failed}");
    assert!(said.contains("TelegramWebhookUrl\t"), "{said}");
    let token = said.lines().last().unwrap();
    let deployed = local::deploy::Stack::of(stage.stack.aws.clone(), stack).await.unwrap();
    let url = deployed.url("/v1/threads").unwrap();
    let bearer = format!("Bearer {token}");
    for (credential, status) in [(bearer.as_str(), 200), ("Bearer ari_none", 401)] {
        let headers = [("authorization", credential)];
        let answer = Client::new().call(Method::GET, &url, &headers, vec![]).await.unwrap();
        assert_eq!(answer.status, status, "{credential}");
    }
    fs::remove_dir_all(&folder).unwrap();
    deployed.delete().await.unwrap();
}

/// A token of the script is a token like any other.
pub(crate) async fn a_token_of_the_script_is_listed_and_revoked(world: &World) {
    let stage = world.stage().await;
    let options = ["--name", "the desk", "--scopes", "threads:read", "--days", "2"];
    let token = stage.stack.first_token(&options).await.unwrap();
    let status = async || {
        let bearer = format!("Bearer {token}");
        let headers = [("authorization", bearer.as_str())];
        stage.ask(Method::GET, "/v1/threads", &headers, vec![]).await.unwrap().status
    };
    assert_eq!(status().await, 200);
    let listed = stage.tokens(&["list"]).await.unwrap();
    let line = listed.lines().find(|it| it.ends_with("threads:read  the desk")).unwrap();
    assert!(
        line.contains(&format!("…{}", token.get(43..).unwrap())) && !listed.contains(&token),
        "{line}"
    );
    stage.tokens(&["revoke", line.split_whitespace().next().unwrap()]).await.unwrap();
    assert_eq!(status().await, 401);
    for wrong in [&["--scopes", "everything"][..], &["--name", "a\"b"], &["--days", "x"], &["--x"]]
    {
        assert!(stage.stack.first_token(wrong).await.is_err(), "{wrong:?}");
    }
}

/// Of a home with a named profile the script takes key, secret and region; the environment has none of them.
pub(crate) async fn a_token_is_made_by_a_profile_alone(world: &World) {
    let stage = world.stage().await;
    let aws = &stage.stack.aws;
    let home = place::scratch().join(aws::new_id("home-"));
    fs::create_dir_all(home.join(".aws")).unwrap();
    let given: BTreeMap<_, _> = aws.environment().into_iter().collect();
    let [key, secret] = ["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"].map(|it| &given[it]);
    let keys = format!("[desk]\naws_access_key_id = {key}\naws_secret_access_key = {secret}\n");
    fs::write(home.join(".aws/credentials"), keys).unwrap();
    fs::write(home.join(".aws/config"), format!("[profile desk]\nregion = {REGION}\n")).unwrap();
    let script = async |profile: &[&str]| {
        let mut script = Command::new(place::root().join("infra/first-token"));
        script.args(["--stack", &stage.stack.name, "--endpoint-url", aws.endpoint()]).args(profile);
        script.env_clear().env("PATH", aws.search_path()).env("HOME", &home).kill_on_drop(true);
        script.output().await.unwrap()
    };
    let made = script(&["--profile", "desk"]).await;
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    let said = String::from_utf8(made.stdout).unwrap();
    let bearer = format!("Bearer {}", said.lines().last().unwrap());
    let headers = [("authorization", bearer.as_str())];
    let answer = stage.ask(Method::GET, "/v1/threads", &headers, vec![]).await.unwrap();
    assert_eq!(answer.status, 200);
    for wrong in [&["--profile", "nobody"][..], &["--profile"], &[]] {
        assert!(!script(wrong).await.status.success(), "{wrong:?}");
    }
    fs::remove_dir_all(&home).unwrap();
}
